"""The call model over signalling and media: interaction, legs, flow run, hand-over to distribution."""
