#!/bin/sh
set -eu
printf '%s files in %s\n' "$(find "$1" -type f | wc -l)" "$1"
