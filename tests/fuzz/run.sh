#!/usr/bin/env bash
# Fuzzes the loader of manifests and its expressions. Exits 1 when an input crashes, hangs or eats memory.
#
# usage: run.sh [SECONDS] [TARGET]...   (20 seconds for each target, all targets)
# Installs cargo-fuzz below target/fuzz-tools. What is learned stays in target/fuzz/corpus for the next run; a finding is
# written to target/fuzz/artifacts, and its text belongs into fuzz/seeds once it is mended.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-20}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(load expression)
version=0.13.1

tools=$PWD/target/fuzz-tools
if [ ! -x "$tools/bin/cargo-fuzz" ]; then
  cargo install --quiet --locked --version "$version" cargo-fuzz --root "$tools" --target-dir "$tools/build"
  rm -rf "$tools/build"
fi
export PATH=$tools/bin:$PATH

# cargo-fuzz asks for flags that only a nightly compiler takes by itself; coverage needs none of them, nor a sanitizer:
# the code is safe Rust, where a panic, a hang or a heap of memory is the finding.
export RUSTC_BOOTSTRAP=1
build=(--fuzz-dir fuzz --sanitizer none --target-dir target/fuzz/build)
cargo fuzz build "${build[@]}"

for target in "${targets[@]}"; do
  corpus=target/fuzz/corpus/$target
  artifacts=target/fuzz/artifacts/$target
  mkdir -p "$corpus" "$artifacts"
  seeds=("fuzz/seeds/$target")
  if [ "$target" = load ]; then
    for more in tests/cases/invalid ../shared/corpus/manifests ../shared/corpus/oracle/manifests; do
      [ ! -d "$more" ] || seeds+=("$more")
    done
  fi
  echo "== fuzzing $target for $seconds s"
  cargo fuzz run "${build[@]}" "$target" "$corpus" "${seeds[@]}" -- \
    -dict=fuzz/words.dict -artifact_prefix="$artifacts/" -max_total_time="$seconds" \
    -max_len=8192 -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=512 -print_final_stats=1 -print_funcs=0 -verbosity=0
done
echo "no finding in ${#targets[@]} targets, $seconds s each"
