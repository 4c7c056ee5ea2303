#!/usr/bin/env bash
# Tests/Fuzz/fuzz.sh [SECONDS [TARGET...]]: builds the fuzzers with AddressSanitizer, replays all findings, then fuzzes
# each target for its share of SECONDS (60). Corpora grow in .build/fuzz-corpus; what fails lands in .build/fuzz-findings.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:-60}
targets=(model compile tensor dataset plan configuration)
[ $# -lt 2 ] || targets=("${@:2}")

swift build --configuration release --product fdskd-compile
FDSKD_FUZZ=1 swift build --configuration release --sanitize=fuzzer --sanitize=address --scratch-path .build/fuzz --product fuzz
fuzz=.build/fuzz/release/fuzz
corpus=.build/fuzz-corpus findings=.build/fuzz-findings
[ -d "$corpus" ] || python3 Tests/Fuzz/corpus.py "$corpus" .build/release/fdskd-compile

if [ -d /dev/shm ]; then export FUZZ_FOLDER=$(mktemp -d /dev/shm/fuzz.XXXXXX); else export FUZZ_FOLDER=$(mktemp -d); fi
trap 'rm -rf "$FUZZ_FOLDER"' EXIT
# Swift's own report of a crash would itself be one to the sanitizer; its runtime keeps what it allocates once.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0
flags=(-timeout=60 -rss_limit_mb=2048 -malloc_limit_mb=1024 -max_len=65536 -print_final_stats=1)

for target in "${targets[@]}"; do
  export FUZZ_TARGET=$target
  mkdir -p "$corpus/$target" "$findings/$target"
  kept=$(find Tests/Fuzz/findings -path "*/$target/*" -type f)
  # shellcheck disable=SC2086
  [ -z "$kept" ] || "$fuzz" "${flags[@]}" $kept
  dictionary=(-dict=Tests/Fuzz/onnx.dict)
  "$fuzz" "${flags[@]}" "${dictionary[@]}" -artifact_prefix="$findings/$target/" \
    -max_total_time=$((seconds / ${#targets[@]})) "$corpus/$target"
done
