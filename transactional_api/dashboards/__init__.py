"""The page that shows the published figures. Reads only through the reader port."""
