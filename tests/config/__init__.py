"""Tests of the composition: settings, logs, middleware."""
