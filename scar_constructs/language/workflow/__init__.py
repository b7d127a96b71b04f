"""How functions join: filters, key patterns, the graph, and who owns a bucket."""
