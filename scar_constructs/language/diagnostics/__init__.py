"""Problems as data, the rules that they breach, and how they are shown."""
