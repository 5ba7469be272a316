"""The real peers that the integration tests work with: one file each."""
