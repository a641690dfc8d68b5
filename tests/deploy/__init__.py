"""What deploy/ holds, tried without a cluster where that is possible."""
