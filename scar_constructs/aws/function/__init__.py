"""The construct of one function, its Lambda, and its HTTPS endpoint."""
