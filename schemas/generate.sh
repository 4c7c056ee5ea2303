#!/bin/sh
# Writes Sources/COnnx from schemas/onnx.proto with protoc-c.
#
#   schemas/generate.sh          generate
#   schemas/generate.sh --check  fail if Sources/COnnx is not what would be generated
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
target=$root/Sources/COnnx

if ! command -v protoc-c >/dev/null; then
  echo "$0: protoc-c is missing; install the package protobuf-c-compiler" >&2
  exit 2
fi

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
mkdir "$fresh/include"
protoc-c --proto_path="$root/schemas" --c_out="$fresh" "$root/schemas/onnx.proto"
mv "$fresh/onnx.pb-c.h" "$fresh/include/onnx.pb-c.h"

if [ "${1:-}" = --check ]; then
  if ! diff -r "$fresh" "$target" >/dev/null; then
    echo "$0: Sources/COnnx is stale; run schemas/generate.sh and commit what it writes" >&2
    exit 1
  fi
  exit 0
fi

mkdir -p "$target/include"
cp "$fresh/onnx.pb-c.c" "$target/onnx.pb-c.c"
cp "$fresh/include/onnx.pb-c.h" "$target/include/onnx.pb-c.h"
