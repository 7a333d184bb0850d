"""What every yes-or-no model shares: `table`, `candidates`, `fitted`, `training`, `evaluate`, `explain`, `drift`,
`decide`. Nothing here knows what is predicted.
"""
