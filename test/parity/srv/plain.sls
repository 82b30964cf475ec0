{% set word = pillar.get('word', 'none') %}
first:
  test.nop:
    - name: {{ word }}

second:
  test.succeed_without_changes:
    - require:
      - test: first
