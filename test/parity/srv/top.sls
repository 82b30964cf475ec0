base:
  '*':
    - plain
  'os:Nothing':
    - match: grain
    - web
