"""A leaderboard of pose priors."""
