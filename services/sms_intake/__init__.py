"""Takes in texts: Twilio's webhooks for SMS and WhatsApp. Seals what comes, and can open none of it."""
