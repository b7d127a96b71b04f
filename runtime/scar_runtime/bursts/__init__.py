"""Many events, one array job: what its Lambda writes, and what each of its jobs reads."""
