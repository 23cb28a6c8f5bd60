"""The only readers of the outside: files and services in, plain frames out."""
