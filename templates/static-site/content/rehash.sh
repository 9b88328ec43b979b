#!/bin/sh
# Run it after a change in site/assets: every hashed file gets the name that fits its new content
# (name.HASH.ext, HASH = first 8 digits of its SHA-256), and every file that mentions it is updated.
set -eu
cd "$(dirname "$0")/site"

digest() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -c 1-8
}

# Replaces one file name by another in all text files of the site.
mention() {
  pattern=$(printf '%s' "$1" | sed 's/[.]/[.]/g')
  grep -rlF --include='*.html' --include='*.css' --include='*.js' --include='*.svg' \
    --include='*.xml' --include='*.txt' --include='*.json' --include='*.webmanifest' -- "$1" . |
    while IFS= read -r file; do
      sed "s/$pattern/$2/g" "$file" >"$file.new"
      cat "$file.new" >"$file"
      rm "$file.new"
    done
}

# A new name inside an asset changes that asset too: hence a few rounds.
IFS='
'
for round in 1 2 3 4 5; do
  changed=no
  for old in $(find . -type f -path '*/assets/*' -name '*.[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f].*' | sort); do
    rest=${old%.*}
    new="${rest%.*}.$(digest "$old").${old##*.}"
    [ "$old" = "$new" ] && continue
    mv "$old" "$new"
    mention "${old##*/}" "${new##*/}"
    echo "${old#./} -> ${new#./}"
    changed=yes
  done
  [ "$changed" = no ] && exit 0
done
echo "assets that mention each other in a circle cannot all carry their hash" >&2
exit 1
