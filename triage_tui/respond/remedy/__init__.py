"""Remedies: answers other than a block, as steps that anybody can drive. No AWS client here."""
