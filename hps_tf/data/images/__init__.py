"""Images of people: crops, labels, records, batches and photographs as they come."""
