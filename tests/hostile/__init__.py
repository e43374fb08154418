"""What clients and senders do on purpose: one test for each kind of abuse."""
