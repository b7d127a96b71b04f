"""Names, grants, roles, and the reasons for findings that are accepted."""
