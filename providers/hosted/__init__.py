"""What the plugins for models on other machines share: requests, batches, prices."""
