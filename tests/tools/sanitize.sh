#!/bin/sh
# Runs the tests of the compiled Value, and its fuzzer, where sanitizers watch the memory, in a copy of the checkout:
# tests/tools/sanitize.sh [python]. Wants GCC, and the extra `test` installed for that python. SANITIZERS="" does without them, for a
# debug build of Python.
set -eu

python=${1:-python}
sanitizers=${SANITIZERS-"-fsanitize=address,undefined -fno-sanitize-recover=undefined"}
seconds=${SECONDS_OF_FUZZ:-60}
tests="value ops edges nonfinite transforms graph native numpy functional anomaly kinds program jit vmap"

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -R autograd nn tests benchmarks setup.py pyproject.toml README.md LICENSE "$copy"
cd "$copy"
rm -f autograd/native/*.so
# Free nodes go back to the system at once, so that none is used after it was freed unseen.
CFLAGS="-g -UNDEBUG -DKEPT=0 -fno-omit-frame-pointer $sanitizers" LDFLAGS="$sanitizers" "$python" setup.py -q build_ext --inplace --force

if [ -n "$sanitizers" ]; then
    LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)"
    ASAN_OPTIONS=detect_leaks=0 # Python itself never frees all; test_native counts blocks
    PYTHONMALLOC=malloc
    export LD_PRELOAD ASAN_OPTIONS PYTHONMALLOC
fi
export AUTOGRAD_BACKEND=native PYTHONPATH="$copy"
"$python" -X dev -m pytest -q -p no:cacheprovider $(printf 'tests/test_%s.py ' $tests) tests/test_kernel*.py tests/test_recording*.py
"$python" tests/tools/fuzz_native.py --seconds "$seconds" --threads 2
