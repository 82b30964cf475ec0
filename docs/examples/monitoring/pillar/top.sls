base:
  '*':
    - monitoring
