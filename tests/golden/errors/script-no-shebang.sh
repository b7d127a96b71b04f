cowsay moo
