"""The release number, alone in its file so that `sluss --version` imports nothing else."""

VERSION = "0.1.0"
