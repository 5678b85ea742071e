"""The console command `hps` and its subcommands: they parse, call the library and print."""
