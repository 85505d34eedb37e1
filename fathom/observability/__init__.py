"""What a person sees while work goes on: structured log lines with document, run, stage and figures."""
