#!/bin/sh
echo "{{ saltenv }}"
