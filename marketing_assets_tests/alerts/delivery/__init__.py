"""Messages really delivered: to a mail server and to services that refuse what breaks their format."""
