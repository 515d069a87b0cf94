"""The ATM channel: ISO 8583 gateway, custody rules, terminal and kiosk page."""
