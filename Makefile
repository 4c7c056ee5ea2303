# What people do with a checkout. `make example` and `make test` need nothing but Swift 6.1 and a Debian-like system.

# One build for everything, in the configuration that is shipped: no test needs what others cannot reach.
SWIFT_FLAGS = --configuration release --explicit-target-dependency-import-check error
SWIFT_BUILD = swift build $(SWIFT_FLAGS)
BINARY = .build/release/fdskd-compile
PYTHON = .venv/bin/python

.PHONY: example test lint oracle fuzz bench bench-training generate packages

# Compiles a real trained network and shows the report.
example: packages
	$(SWIFT_BUILD) --product fdskd-compile
	$(BINARY) examples/digits/digits.onnx -o .build/digits-small.onnx --rate 0.3 --report .build/digits.html

# Every Swift test. They run side by side: threads that wait for work must not spin.
test: packages
	$(SWIFT_BUILD) --build-tests
	OMP_WAIT_POLICY=passive swift test $(SWIFT_FLAGS) --skip-build

# Style, and C code that fits its schema.
lint: packages
	swift format lint --strict --parallel --recursive Package.swift Sources Tests
	schemas/generate.sh --check

# What is compiled against ONNX Runtime and the onnx package.
oracle: packages $(PYTHON)
	$(SWIFT_BUILD) --product fdskd-compile
	$(SWIFT_BUILD) --product engine-probe
	$(PYTHON) Tests/Oracle/run.py

# Every reader against mutations of the fixtures, for so many seconds in all.
SECONDS ?= 600
fuzz: packages
	Tests/Fuzz/fuzz.sh $(SECONDS)

# Time and memory against Python's onnx, in turn.
bench: packages $(PYTHON)
	$(SWIFT_BUILD) --product fdskd-compile
	$(PYTHON) Tests/Benchmarks/bench.py

# Training and inference beside PyTorch and ONNX Runtime, in turn; torch has to be in the environment.
bench-training: packages $(PYTHON)
	$(SWIFT_BUILD) --product engine-probe
	$(PYTHON) Tests/Benchmarks/training.py

# The C code of schemas/onnx.proto.
generate: packages
	schemas/generate.sh

packages:
	@.ci/install-packages

$(PYTHON): Tests/Oracle/requirements.txt
	python3 -m venv .venv
	$(PYTHON) -m pip install --quiet --requirement Tests/Oracle/requirements.txt
	touch $(PYTHON)
