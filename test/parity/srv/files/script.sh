#!/bin/sh
echo "args: $*"
echo oops >&2
exit 3
