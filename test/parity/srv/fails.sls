wrong:
  test.fail_without_changes: []

after:
  test.nop:
    - require:
      - test: wrong
