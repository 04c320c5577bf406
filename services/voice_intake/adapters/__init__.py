"""The outside of `voice_intake`: Twilio's forms, what we say in TwiML, and uploads."""
