"""Takes in voices: calls, through Twilio's webhooks, and recordings made on a web page. Seals what comes, opens none."""
