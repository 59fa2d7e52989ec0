"""The local cloud: template.yaml on moto, an SES that sends on command, and events played through both."""
