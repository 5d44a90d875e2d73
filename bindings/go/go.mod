module k7sandbox

go 1.19
