"""A generated company: `company` invents it, `write` puts it into the core and CSV files, `run` shows it."""
