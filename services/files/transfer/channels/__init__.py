"""The channels of files: folders on disk, and the SFTP server in front of them."""
