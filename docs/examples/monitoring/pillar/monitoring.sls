# What is run, how often, and where its numbers go.
schedule:
  vitals:
    function: vitals.collect
    seconds: 15
    returner: carbon
    # The numbers are in Graphite: the master need not keep them, too.
    return_job: False

carbon:
  host: graphite.example.com
  port: 2003
  # What is no number is left out, instead of the whole result.
  skip_on_error: True
  metric_base_pattern: servers.[minion_id].[module]
