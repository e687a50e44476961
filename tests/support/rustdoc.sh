#!/bin/sh
# Lets rustdoc write JSON, which only nightly does without this. Nothing else of the build sees the variable.
RUSTC_BOOTSTRAP=1 exec rustdoc "$@"
