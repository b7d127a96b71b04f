"""What each role of a function may do, as data: read by the constructs that make the roles, by the
check of their sizes, and by the review of a change."""
