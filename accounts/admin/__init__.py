"""Accounts, groups and sign-ins in the admin; importing this package registers them."""

from accounts.admin import users as users
