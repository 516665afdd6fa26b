"""What leadloop costs on Google Cloud: operations that were counted, times list prices."""
