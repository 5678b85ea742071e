"""What a training job trains: model, data and losses."""
