"""The transfer of files: their names, the folders of each expeditor, and the SFTP server."""
