"""SockJS sessions: logical connections that outlive the requests which carry them."""
