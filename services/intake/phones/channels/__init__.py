"""The wire formats of telephone gateways: SMS over HTTP, and voice as VoiceXML or JSON."""
