"""What changes the app, each call once: releases, names, dynos, add-ons that go."""
