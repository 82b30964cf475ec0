include:
  - plain

changed:
  test.configurable_test_state:
    - name: odd
    - changes: True
    - result: True
    - comment: all is well
